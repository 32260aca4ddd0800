using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Conformance.Drivers;

namespace Kedge.Store.Conformance.Suites;

public abstract class ChunkSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly Digest A = Sample.DigestOf("a");
    private static readonly Digest B = Sample.DigestOf("b");

    [Fact]
    public async Task Existence_is_answered_for_each_tenant()
    {
        await Store.Chunks.AddAsync(Home, [new ChunkRef(A, 7)], 1, None);
        Assert.Equal(7, await Store.Chunks.FindAsync(Home, A, None));
        Assert.Null(await Store.Chunks.FindAsync(Other, A, None));
        AssertSame([B], await Store.Chunks.MissingAsync(Home, [A, B], None));
        AssertSame([B, A], await Store.Chunks.MissingAsync(Other, [B, A], None));
    }

    [Fact]
    public async Task A_device_may_fetch_what_the_packages_it_runs_hold()
    {
        Digest package = await PushAsync("bearing", "1");
        Digest other = await PushAsync("bearing", "2");
        Digest chunk = Sample.DigestOf("chunk 1");
        Assert.True(await Store.Chunks.IsInAnyAsync(Home, chunk, [other, package], None));
        Assert.False(await Store.Chunks.IsInAnyAsync(Home, chunk, [other], None));
        Assert.False(await Store.Chunks.IsInAnyAsync(Home, chunk, [], None));
        Assert.False(await Store.Chunks.IsInAnyAsync(Other, chunk, [package], None));
        Assert.Equal(2, await Store.Chunks.CountPackagesAsync(Home, Sample.DigestOf("shared chunk"), None));
        Assert.Equal(0, await Store.Chunks.CountPackagesAsync(Home, A, None));
    }

    [Fact]
    public async Task Only_unused_chunks_that_nobody_touched_are_collected()
    {
        Digest package = await PushAsync("bearing", "1");
        Digest used = Sample.DigestOf("chunk 1");
        await Store.Chunks.AddAsync(Home, [new ChunkRef(A, 7), new ChunkRef(B, 8)], 100, None);
        await Store.Chunks.AddAsync(Home, [new ChunkRef(B, 8)], 200, None);
        await Store.Chunks.AddAsync(Home, [new ChunkRef(B, 8)], 150, None);
        AssertSame([new ChunkRef(A, 7)], await Store.Chunks.ListUnusedAsync(Home, 200, default, 10, None));
        AssertSame([A], await Store.Chunks.RemoveUnusedAsync(Home, [used, B, A, A], 200, None));
        Assert.Null(await Store.Chunks.FindAsync(Home, A, None));
        await Store.Packages.DeleteAsync(Home, package, None);
        ImmutableArray<ChunkRef> unused = await Store.Chunks.ListUnusedAsync(Home, 201, default, 10, None);
        Assert.Equal(3, unused.Length);
        Assert.Equal(unused.OrderBy(c => c.Digest), unused);
        AssertSame(unused.Take(2), await Store.Chunks.ListUnusedAsync(Home, 201, default, 2, None));
        AssertSame(unused.Skip(2), await Store.Chunks.ListUnusedAsync(Home, 201, unused[1].Digest, 2, None));
        Assert.Empty(await Store.Chunks.ListUnusedAsync(Home, 201, unused[2].Digest, 2, None));
    }

    [Fact]
    public async Task Many_chunks_are_added_in_one_call()
    {
        ChunkRef[] many =
            [.. Enumerable.Range(0, 5000).Select(n => new ChunkRef(Sample.DigestOf($"chunk {n}"), n + 1))];
        await Store.Chunks.AddAsync(Home, many, 1, None);
        Assert.Empty(await Store.Chunks.MissingAsync(Home, [.. many.Select(c => c.Digest)], None));
        Assert.Equal(5000, await Store.Chunks.FindAsync(Home, many[4999].Digest, None));
    }
}
