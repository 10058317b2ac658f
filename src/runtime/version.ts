import about from '../../package.json' with { type: 'json' };

/** The version of jobflow, as package.json states it. */
export const VERSION: string = about.version;
