using System.Buffers;
using System.Runtime.InteropServices;
using Kedge.ModelServer;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

public sealed class BodyBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(32 * 1024)]
    [InlineData(100_003)]
    [InlineData(700_001)]
    [InlineData(6_000_000)]
    public void What_comes_in_pieces_is_whole_and_ends_where_a_processor_wants_it(int length)
    {
        byte[] bytes = new byte[length];
        Random random = new(length);
        random.NextBytes(bytes);
        BodyBuffer buffer = default;
        for (int at = 0; at < length;)
        {
            int piece = Math.Min(length - at, random.Next(1, 70_000));
            buffer.Append(new ReadOnlySequence<byte>(bytes, at, piece), length);
            at += piece;
        }

        Assert.Equal(length, buffer.Length);
        Assert.True(buffer.Bytes.SequenceEqual(bytes));
        if (length > BodyPool.MovingBytesMax)
        {
            Assert.True(buffer.Lent.Span.SequenceEqual(bytes));
            Assert.Equal(0, AddressOf(buffer) % 8);
        }

        buffer.Release();
    }

    [Fact]
    public void Announcing_costs_nothing()
    {
        BodyBuffer buffer = default;
        buffer.Append(new ReadOnlySequence<byte>(new byte[4096]), 1_000_000_000);
        Assert.InRange(Room(buffer), 4096, ServeLimits.BodyBlockBytes);
        buffer.Append(new ReadOnlySequence<byte>(new byte[62_000]), 1_000_000_000);
        Assert.InRange(Room(buffer), 66_096, 2 * 1024 * 1024);
        buffer.Release();
    }

    [Fact]
    public void Without_a_body_there_is_nothing_to_release()
    {
        BodyBuffer buffer = default;
        Assert.True(buffer.Bytes.IsEmpty);
        Assert.True(buffer.Lent.IsEmpty);
        buffer.Release();
    }

    [Fact]
    public void Arrays_are_used_again_and_no_more_kept_than_allowed()
    {
        BodyPool pool = new(keptBytesMax: 3 * 128 * 1024);
        byte[] first = pool.Rent(100_000);
        Assert.Equal(128 * 1024, first.Length);
        pool.Return(first);
        Assert.Equal(128 * 1024, pool.KeptBytes);
        Assert.Same(first, pool.Rent(128 * 1024));
        Assert.Equal(0, pool.KeptBytes);
        byte[][] many = [.. Enumerable.Range(0, 8).Select(_ => pool.Rent(70_000))];
        Array.ForEach(many, array => pool.Return(array));
        Assert.Equal(3 * 128 * 1024, pool.KeptBytes);
        Assert.NotSame(first, pool.Rent(300_000));
        byte[] large = pool.Rent(ServeLimits.KeptBytesMax + 1);
        Assert.Equal(ServeLimits.KeptBytesMax + 1, large.Length);
        pool.Return(large);
        Assert.Equal(3 * 128 * 1024, pool.KeptBytes);
    }

    private static int Room(in BodyBuffer buffer)
    {
        Assert.True(MemoryMarshal.TryGetArray((ReadOnlyMemory<byte>)buffer.Lent, out ArraySegment<byte> segment));
        return segment.Array!.Length;
    }

    private static unsafe long AddressOf(in BodyBuffer buffer)
    {
        fixed (byte* start = buffer.Bytes)
        {
            return (long)start + buffer.Length;
        }
    }
}
