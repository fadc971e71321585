// Follows the browser's dark mode: Swagger UI's own switch is in the topbar, which this page does not have.
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const followBrowser = () => document.documentElement.classList.toggle("dark-mode", prefersDark.matches);
prefersDark.addEventListener("change", followBrowser);
followBrowser();

// URLs are relative to the page, so that they also work below the path of a stage.
SwaggerUIBundle({
  url: new URL("openapi.json", location.href).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  // Tokens are forgotten when the page is closed.
  persistAuthorization: false,
  // Otherwise Swagger UI would send the document to a validator on the internet.
  validatorUrl: null,
});
