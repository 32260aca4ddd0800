namespace Kedge.Core.Models;

/// <summary>
/// What is known of each format, and the word that names it in manifests, configurations and answers.
/// </summary>
public static class ModelFormats
{
    /// <summary>The word of a format: <c>onnx</c>; <c>unknown</c> for what this version does not know.</summary>
    public static string Word(ModelFormat format) => format switch
    {
        ModelFormat.Onnx => "onnx",
        ModelFormat.TfLite => "tflite",
        ModelFormat.Gguf => "gguf",
        ModelFormat.Safetensors => "safetensors",
        ModelFormat.Unknown => "unknown",
    };

    /// <summary>The format of a word; <see cref="ModelFormat.Unknown"/> for any other text.</summary>
    public static ModelFormat Of(string word) => word switch
    {
        "onnx" => ModelFormat.Onnx,
        "tflite" => ModelFormat.TfLite,
        "gguf" => ModelFormat.Gguf,
        "safetensors" => ModelFormat.Safetensors,
        _ => ModelFormat.Unknown,
    };

    /// <summary>The format that the ending of a file's name says; <see cref="ModelFormat.Unknown"/> for any
    /// other.</summary>
    public static ModelFormat OfFile(string path) => Of(path[(path.LastIndexOf('.') + 1)..]);

    /// <summary>True where the file holds weights and does not say what goes in and what comes out.</summary>
    public static bool HoldsWeightsAlone(ModelFormat format) => format is ModelFormat.Gguf or ModelFormat.Safetensors;
}
