// Two soft tones, made here: no file, and nothing before somebody has asked for it.

const TONES = { outbid: [659.3, 523.3], ending: [523.3, 523.3], over: [523.3, 784] }; // Hz
const APART_S = 0.16;
const LASTS_S = 0.5;
const LOUD = 0.08;

export class Sound {
  #context = null;

  /** A browser lets nothing sound before the person has pressed something. */
  ready() {
    const Context = globalThis.AudioContext;
    if (!Context) return;
    this.#context ??= new Context();
    if (this.#context.state === "suspended") this.#context.resume().catch(() => {});
  }

  play(kind) {
    this.ready();
    const context = this.#context;
    if (!context) return;
    TONES[kind].forEach((pitch, at) => tone(context, pitch, context.currentTime + at * APART_S));
  }
}

function tone(context, pitch, from) {
  const [source, volume] = [context.createOscillator(), context.createGain()];
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(LOUD, from + 0.02); // no click
  volume.gain.exponentialRampToValueAtTime(0.0001, from + LASTS_S);
  source.connect(volume).connect(context.destination);
  source.start(from);
  source.stop(from + LASTS_S);
}
