namespace Kedge.Onnx;

internal static class Placeholder;
