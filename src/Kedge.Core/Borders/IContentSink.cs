namespace Kedge.Core.Borders;

/// <summary>Takes content as it arrives. It may wait in either call: the line waits with it.</summary>
public interface IContentSink
{
    /// <summary>Told once, before the first byte, what comes. False stops it there.</summary>
    ValueTask<bool> BeginAsync(ContentHead head, CancellationToken cancel);

    /// <summary>Takes the next bytes, 1..16 KiB; they are the line's again once it returned. False stops it.</summary>
    ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel);
}

/// <summary>What a source is about to give.</summary>
/// <param name="Tag">
/// The strong entity tag of this representation (RFC 9110 §8.8.3), 0..<see cref="ContentAsk.TagCharsMax"/> characters;
/// empty where the source gives none.
/// </param>
/// <param name="IsZstd">True when the bytes are zstd frames (RFC 8878) of the content.</param>
/// <param name="From">The first byte that comes: what was asked for, or 0 where the source begins anew.</param>
/// <param name="Bytes">Bytes of the whole representation, from 0; what comes ends there or where it was asked to
/// end.</param>
public sealed record ContentHead(string Tag, bool IsZstd, long From, long Bytes);
