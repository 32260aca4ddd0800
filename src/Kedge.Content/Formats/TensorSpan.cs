namespace Kedge.Content.Formats;

/// <summary>Where one tensor lies in a file.</summary>
/// <param name="Name">Its name, by which the tensor of another version of the file is found; may be empty.</param>
/// <param name="Element">What its elements are.</param>
/// <param name="Offset">Where its bytes begin in the file, 0 or above.</param>
/// <param name="Bytes">How many they are, 1 or more.</param>
public sealed record TensorSpan(string Name, ElementKind Element, long Offset, long Bytes)
{
    /// <summary>Where its bytes end.</summary>
    public long End => Offset + Bytes;
}
