namespace Kedge.Inference.Onnx;

internal static class Placeholder;
