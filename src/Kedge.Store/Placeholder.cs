namespace Kedge.Store;

internal static class Placeholder;
