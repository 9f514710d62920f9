/** So many runs are told apart by colour. */
export const RUN_COLOURS = 10;

/** The colour of the run in this place, as a CSS custom property. */
export const runColour = (place: number) => `--run-${(place % RUN_COLOURS) + 1}`;
