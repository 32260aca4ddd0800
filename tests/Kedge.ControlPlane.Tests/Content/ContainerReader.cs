using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core;

namespace Kedge.ControlPlane.Tests.Content;

/// <summary>Reads a difference as a device does.</summary>
internal static class ContainerReader
{
    public static DeltaHeader Header(byte[] container)
    {
        Assert.True(DeltaHeader.TryRead(container, out DeltaHeader? header, out _));
        return header!;
    }

    /// <summary>The file that it makes, which must have the digest that its head says.</summary>
    public static byte[] Decode(byte[] container, byte[]? origin)
    {
        DeltaHeader header = Header(container);
        Assert.Equal(header.Base, header.Base is null ? null : Digest.Of(origin));
        Assert.True(DeltaIndex.TryRead(
            header, container.AsSpan(DeltaLimits.HeaderBytes), out DeltaIndex? index, out _));
        Assert.Equal(container.Length, index!.ContainerBytes);
        byte[] target = new byte[header.TargetBytes];
        ModelFile made = ModelFile.Of("made", target);
        using DeltaDecoder decoder =
            new(header.Base is null ? null : ModelFile.Of("base", origin!), (offset, into) => made.Read(offset, into));
        for (int number = 0; number < index.Count; number++)
        {
            DeltaSegment segment = index[number];
            Assert.True(decoder.TryDecode(
                container.AsSpan((int)segment.EncodedOffset, segment.EncodedBytes),
                segment.TargetOffset,
                target.AsSpan((int)segment.TargetOffset, segment.TargetBytes),
                out _));
        }

        Assert.Equal(header.Target, Digest.Of(target));
        return target;
    }
}
