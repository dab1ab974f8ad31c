/** What a job store can keep of what it knows nothing about. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
