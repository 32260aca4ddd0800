namespace Kedge.Content;

internal static class Placeholder;
