using System.Buffers;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

public sealed class BlockPoolTests
{
    [Fact]
    public void A_block_that_was_given_back_is_handed_out_again()
    {
        using BlockPool pool = new(blockBytes: 100, keptMax: 2);
        IMemoryOwner<byte> first = pool.Rent();
        Assert.Equal(100, first.Memory.Length);
        IMemoryOwner<byte> second = pool.Rent(100);
        Assert.NotSame(first, second);
        first.Dispose();
        Assert.Same(first, pool.Rent(1));
        Assert.NotSame(second, pool.Rent(1));
    }

    [Fact]
    public void No_more_than_the_bound_is_kept()
    {
        using BlockPool pool = new(blockBytes: 10, keptMax: 3);
        HashSet<IMemoryOwner<byte>> burst = [.. Enumerable.Range(0, 20).Select(_ => pool.Rent())];
        foreach (IMemoryOwner<byte> block in burst)
        {
            block.Dispose();
        }

        Assert.Equal(3, Enumerable.Range(0, 20).Count(_ => burst.Contains(pool.Rent())));
    }

    [Fact]
    public void More_than_a_block_is_refused()
    {
        using BlockPool pool = new(blockBytes: 10, keptMax: 3);
        Assert.Equal(10, pool.MaxBufferSize);
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(11));
    }
}
