/** `echo_supervisord_conf`: prints a sample configuration. */
import process from 'node:process';
import { sampleConfiguration } from './echo.ts';

process.stdout.write(sampleConfiguration());
