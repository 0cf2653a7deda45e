"""What predicting a statement costs, against measuring it on a real server.

Run `python benchmarks/facts.py`. Both are asked of the same cases of fixtures/effects: the
prediction of every one, reading its setup and its statement included, and the measurement on
the newest embedded server of each tenth, its setup included. Predicting is timed in CPU,
measuring by the clock: there the server works as well.
"""

import time

from migsafe.verifying.server import EMBEDDED
from migsafe_dev.agreeing.cases import chosen
from migsafe_dev.agreeing.observing import Observer, server
from migsafe_dev.agreement import predict

EVERY = 10


def main() -> None:
    """Print milliseconds a statement, and the ratio."""
    version = max(EMBEDDED)
    cases = [case for case in chosen() if version in case.versions]
    start = time.process_time()
    predictions = list(predict(cases, version))
    predicting = (time.process_time() - start) / len(cases)
    with server(version) as running:
        observer = Observer(running.dsn)
        sample = predictions[::EVERY]
        start = time.perf_counter()
        for one in sample:
            observer.observe(one.case.setup, one.case.statement, one.query)
        measuring = (time.perf_counter() - start) / len(sample)
        observer.close()
    print(
        f"{len(cases)} predicted: {1000 * predicting:.2f} ms each; {len(sample)} measured on"
        f" PostgreSQL {version}: {1000 * measuring:.1f} ms each"
        f" = {measuring / predicting:.0f} x predicting"
    )


if __name__ == "__main__":
    main()
