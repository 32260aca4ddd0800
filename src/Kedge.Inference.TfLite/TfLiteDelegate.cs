using System.Collections.Immutable;

namespace Kedge.Inference.TfLite;

/// <summary>
/// A delegate in a library of its own: what such a library exports is <c>tflite_plugin_create_delegate</c> and
/// <c>tflite_plugin_destroy_delegate</c> (external_delegate of TensorFlow Lite).
/// </summary>
/// <param name="LibraryPath">Absolute path of its library.</param>
public sealed record TfLiteDelegate(string LibraryPath)
{
    /// <summary>Options that it understands.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Options { get; init; } = [];
}
