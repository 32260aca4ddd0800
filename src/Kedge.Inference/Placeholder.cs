namespace Kedge.Inference;

internal static class Placeholder;
