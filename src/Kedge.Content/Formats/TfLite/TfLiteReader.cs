using Kedge.Core.Errors;

namespace Kedge.Content.Formats.TfLite;

/// <summary>
/// Reads what a TensorFlow Lite file claims to be before any runtime sees it (schema.fbs, versions 3 to 3c).
/// The runtime follows offsets and indices of the file in native code. So every table, vector and text that is reached
/// from the root is checked to lie inside the file, every index to name something, every constant to have the bytes
/// that its shape asks for and to lie on top of nothing else; operators are those that the runtime brings along, and
/// subgraphs do not call one another in circles. Parts that could take weights from other files are refused. Only the
/// structure is read, through a few cached pages, so the file may have any length. It deliberately does not check
/// that operators fit their inputs: the runtime does, inside the sandbox.
/// </summary>
public static class TfLiteReader
{
    /// <summary>Walks <paramref name="file"/>. Never throws, whatever the bytes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">What was found; null when the answer is false.</param>
    /// <param name="finding">Why it was refused; null when the answer is true.</param>
    public static bool TryRead(ModelFile file, out TfLiteModel? model, out Finding? finding)
    {
        FormatFailure failure = new();
        bool read = new TfLiteWalk(file, failure).TryWalk(out model) && failure.First is null;
        model = read ? model : null;
        finding = read ? null : failure.First ?? FormatErrors.Malformed.At("The structure is not well formed.");
        return read;
    }
}
