"""What must be settled before any test module is imported."""

import os
import signal

os.environ.setdefault("KERAS_BACKEND", "torch")  # its steps are quick one by one, its roots in float64

# a suite started in the background ignores Ctrl-C, and so would the processes that tests interrupt
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
