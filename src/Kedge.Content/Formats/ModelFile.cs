namespace Kedge.Content.Formats;

/// <summary>A file that is looked into without being held in memory. Never compared.</summary>
/// <param name="Name">Its name without folders: for messages, and for what another file calls it.</param>
/// <param name="Bytes">Its length, 0 or above.</param>
/// <param name="Read">Reads it, the same bytes each time.</param>
public sealed record ModelFile(string Name, long Bytes, ByteReader Read)
{
    /// <summary>The whole of it where it is in memory; null where it is not.</summary>
    public ReadOnlyMemory<byte>? Content { get; private init; }

    /// <summary>A file whose bytes are in memory.</summary>
    public static ModelFile Of(string name, ReadOnlyMemory<byte> content) => new(
        name,
        content.Length,
        (offset, into) =>
        {
            if (offset >= content.Length)
            {
                return 0;
            }

            int count = (int)Math.Min(into.Length, content.Length - offset);
            content.Span.Slice((int)offset, count).CopyTo(into);
            return count;
        })
    {
        Content = content,
    };

    /// <summary>Fills a span from one place; false where the file ends before it is full.</summary>
    public bool TryFill(long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int count = Read(offset, into);
            if (count <= 0 || count > into.Length)
            {
                return false;
            }

            offset += count;
            into = into[count..];
        }

        return true;
    }
}
