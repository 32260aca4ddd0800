using Kedge.Core.Errors;

namespace Kedge.Onnx.Rewriting;

/// <summary>Mends what a runtime writes of a model, so that it stays a variant of it.</summary>
public static class SavedGraph
{
    /// <summary>Gives a written graph the declarations of the model that it was made of.</summary>
    /// <param name="saved">What the runtime wrote.</param>
    /// <param name="original">What it was made of.</param>
    /// <param name="file">The mended file; empty when it cannot be read or written.</param>
    /// <returns>Null, or why not.</returns>
    public static Finding? Mend(
        ReadOnlyMemory<byte> saved, ReadOnlyMemory<byte> original, out ReadOnlyMemory<byte> file)
    {
        file = default;
        if (!EditableModel.TryRead(original, out EditableModel? author, out Finding? finding)
            || !EditableModel.TryRead(saved, out EditableModel? model, out finding))
        {
            return finding;
        }

        model.Graph.DeclareAs(author.Graph);
        file = model.Write();
        return file.IsEmpty ? OnnxErrors.NotRewritable.At("The graph is too large for one file.") : null;
    }
}
