namespace Kedge.Api;

internal static class Placeholder;
