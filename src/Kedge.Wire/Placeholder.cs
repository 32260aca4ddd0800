namespace Kedge.Wire;

internal static class Placeholder;
