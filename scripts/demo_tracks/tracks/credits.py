"""The sentences that say who made a track and with what."""

ARTIST = "The Mel Bins"
SOUNDFONT = "rendered with FluidSynth and the FluidR3 GM SoundFont by Frank Wen (MIT licence)"
VOICE = "vocals by the Flite speech synthesiser's voice {voice}, re-pitched with WORLD"


def own_work(voice: str = "") -> str:
    """Our composition, our rendering."""
    credit = f"Composed and arranged for this project; {SOUNDFONT}"
    if voice:
        credit += "; " + VOICE.format(voice=voice)
    return credit + "."
