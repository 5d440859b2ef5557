import { logoAnswer } from './logo-answer';
import type { RequestHandler } from './$types';

/** The operator's. */
export const GET: RequestHandler = ({ locals }) => logoAnswer(locals.app.logo);
