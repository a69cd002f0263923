"""The layers in Keras on TensorFlow.  Masks are boolean, True = may attend; the last axis of weights runs over keys."""
