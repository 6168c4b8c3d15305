#!/bin/sh
# Where Google's launcher and Beam's boot program are in the real image. The launcher starts the
# program that the image names, with the parameters as options.
exec python "$FLEX_TEMPLATE_PYTHON_PY_FILE" "$@"
