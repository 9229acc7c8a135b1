"""The front end of the mel-cnn: mel bands in dB below the loudest one.

Light to import; librosa is loaded where audio is analysed.
"""

from __future__ import annotations
