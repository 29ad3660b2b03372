/** `npm run build`, for people who type it: the service runs from its source. */
process.stdout.write('gatekeeper: nothing to build; npm start runs the service from its source\n')
