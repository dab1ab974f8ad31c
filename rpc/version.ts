import manifest from '../package.json' with { type: 'json' };

/** Version of this program. */
export const productVersion: string = manifest.version;

/** The release of supervisord that this program stands in for; clients print it, and some compare it. */
export const supervisorVersion = '4.4.0';
