// URLs are relative to the page, so that they hold below the path of a stage, too.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  // Tokens live as long as the page.
  persistAuthorization: false,
  // Else it would send the document to a validator on the internet.
  validatorUrl: null,
});
