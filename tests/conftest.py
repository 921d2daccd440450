"""What must be settled before any test module is imported."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")  # Keras would otherwise ask for TensorFlow
