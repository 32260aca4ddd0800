using Kedge.Content.Formats.Gguf;
using Kedge.Content.Formats.Safetensors;
using Kedge.Content.Formats.TfLite;
using Kedge.Content.Gate;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Formats;

/// <summary>
/// Where the tensors of a file of any format are, found by its content. A file that cannot be read has an empty map:
/// maps steer how files are compared, whether a file is good is for the gate to say.
/// </summary>
public static class TensorMaps
{
    /// <summary>The map of one file. Of ONNX files the whole is read into memory unless it is there.</summary>
    public static TensorMap Of(ModelFile file)
    {
        byte[] head = new byte[(int)Math.Clamp(file.Bytes, 0, FileSignature.HeadBytes)];
        ModelFormat format = file.TryFill(0, head) ? FileSignature.FormatOf(head) : ModelFormat.Unknown;
        return format switch
        {
            ModelFormat.Onnx => Onnx(file) is { } model ? OnnxTensorMap.Of(model, file.Bytes) : TensorMap.Empty,
            ModelFormat.TfLite => TfLiteReader.TryRead(file, out TfLiteModel? model, out _) && model is not null
                ? model.Map()
                : TensorMap.Empty,
            ModelFormat.Gguf => GgufReader.TryRead(file, out WeightFile? weights, out _) && weights is not null
                ? weights.Map()
                : TensorMap.Empty,
            ModelFormat.Safetensors =>
                SafetensorsReader.TryRead(file, out WeightFile? weights, out _) && weights is not null
                    ? weights.Map()
                    : TensorMap.Empty,
            ModelFormat.Unknown => TensorMap.Empty,
        };
    }

    /// <summary>
    /// The map of a file with weights that lies beside an ONNX model, as the model gives it; empty when the model does
    /// not name the file.
    /// </summary>
    /// <param name="weights">The file with weights.</param>
    /// <param name="model">The model.</param>
    public static TensorMap Beside(ModelFile weights, ModelFile model) => Onnx(model) is { } read
        ? ExternalDataRule.Map(read, weights.Name, weights.Bytes)
        : TensorMap.Empty;

    private static OnnxModel? Onnx(ModelFile file)
    {
        if (file.Content is { } content)
        {
            return OnnxReader.TryRead(content.Span, out OnnxModel? held, out _) ? held : null;
        }

        // A model begins with its version in field 1: nothing else is read whole.
        byte[] first = new byte[1];
        if (file.Bytes is < 1 or > OnnxLimits.ModelBytesMax || !file.TryFill(0, first) || first[0] != 0x08)
        {
            return null;
        }

        byte[] whole = new byte[file.Bytes];
        return file.TryFill(0, whole) && OnnxReader.TryRead(whole, out OnnxModel? model, out _) ? model : null;
    }
}
