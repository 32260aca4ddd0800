using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Zstd;

namespace Kedge.Tests.Support.Devices;

/// <summary>Keeps what a source gives.</summary>
public sealed class CollectingSink : IContentSink
{
    private readonly MemoryStream _bytes = new();

    /// <summary>Told before the first byte.</summary>
    public ContentHead? Head { get; private set; }

    /// <summary>After so many bytes no more are wanted; below 0 none at all.</summary>
    public long BytesMax { get; init; } = long.MaxValue;

    /// <summary>What came.</summary>
    public byte[] Bytes => _bytes.ToArray();

    /// <summary>The content of what came.</summary>
    public byte[] Content(int bytesMax)
    {
        Check.That(Head is not null);
        if (!Head.IsZstd)
        {
            return Bytes;
        }

        Check.That(ZstdDecompressor.TryContentBytes(Bytes, out long bytes) && bytes <= bytesMax);
        byte[] content = new byte[bytes];
        using ZstdDecompressor zstd = new();
        Check.That(zstd.TryDecompress(Bytes, default, content));
        return content;
    }

    public ValueTask<bool> BeginAsync(ContentHead head, CancellationToken cancel)
    {
        Head = head;
        return ValueTask.FromResult(BytesMax >= 0);
    }

    public ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        _bytes.Write(piece.Span);
        return ValueTask.FromResult(_bytes.Length < BytesMax);
    }
}
