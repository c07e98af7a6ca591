// Drawing no more often than the screen does: a stream changes faster.

/** `ask()` has `draw` called at the next frame, once however often it is asked for; `cancel()` takes it back. */
export function onFrame(draw) {
  let coming = null;
  const ask = () => {
    coming ??= requestAnimationFrame(() => {
      coming = null;
      draw();
    });
  };
  return { ask, cancel: () => cancelAnimationFrame(coming) };
}
