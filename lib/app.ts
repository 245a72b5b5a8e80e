import { createKeywardApp } from './keyward-app.ts';

createKeywardApp();
