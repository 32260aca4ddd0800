using System.Text.Json;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Models;
using Kedge.Tests.Support.Devices;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>What <see cref="IArtifactSource"/> promises, asked of every driver alike.</summary>
public abstract class ArtifactSourceConformance
{
    [Fact]
    public async Task What_is_there_comes_whole_also_where_a_part_came_before()
    {
        await using ISourceStage stage = await StageAsync();
        Assert.Equal(stage.Package.Envelope, Bytes(await stage.Source.GetEnvelopeAsync(stage.Package.Digest, default)));
        foreach (byte[] chunk in stage.Package.Chunks)
        {
            ChunkRef named = new(Digest.Of(chunk), chunk.Length);
            Assert.Equal(chunk, Bytes(await stage.Source.GetChunkAsync(named, default, default)));
            Assert.Equal(chunk, Bytes(await stage.Source.GetChunkAsync(named, chunk.AsMemory(0, 1000), default)));
        }
    }

    [Fact]
    public async Task What_nobody_named_for_this_device_is_absent_or_refused_and_not_to_be_tried_again()
    {
        await using ISourceStage stage = await StageAsync();
        Digest other = Digest.Of("nothing"u8);
        IsNo(await stage.Source.GetEnvelopeAsync(other, default));
        IsNo(await stage.Source.GetChunkAsync(new ChunkRef(other, 100), default, default));
        static void IsNo(FetchOutcome outcome) =>
            Assert.True(outcome is FetchOutcome.NotFound or FetchOutcome.Refused, $"{outcome}");
    }

    [Fact]
    public async Task The_documents_of_the_owner_are_json()
    {
        await using ISourceStage stage = await StageAsync();
        using JsonDocument trust = JsonDocument.Parse(Bytes(await stage.Source.GetTrustAsync(default)));
        Assert.Equal(JsonValueKind.Object, trust.RootElement.ValueKind);
    }

    [Fact]
    public async Task Where_nobody_answers_it_is_to_be_tried_again()
    {
        await using ISourceStage stage = await StageAsync();
        await stage.LeaveAsync();
        byte[] chunk = stage.Package.Chunks[0];
        Retry(await stage.Source.GetEnvelopeAsync(stage.Package.Digest, default));
        Retry(await stage.Source.GetChunkAsync(new ChunkRef(Digest.Of(chunk), chunk.Length), default, default));
        Retry(await stage.Source.GetTrustAsync(default));
        Retry(await stage.Source.RenewAsync("{}"u8.ToArray(), default));
        static void Retry(FetchOutcome outcome) =>
            Assert.NotEqual("", Assert.IsType<FetchOutcome.RetryLater>(outcome).Problem.Code);
    }

    internal abstract Task<ISourceStage> StageAsync();

    private static byte[] Bytes(FetchOutcome outcome) => Assert.IsType<FetchOutcome.Done>(outcome).Bytes.ToArray();
}

/// <summary>A device that may have one package.</summary>
internal interface ISourceStage : IAsyncDisposable
{
    IArtifactSource Source { get; }

    TestPackage Package { get; }

    /// <summary>From now on nobody answers.</summary>
    Task LeaveAsync();
}

/// <summary>Over HTTPS from a real server.</summary>
public sealed class HttpsArtifactSourceTests : ArtifactSourceConformance
{
    internal override async Task<ISourceStage> StageAsync() => await ServerStage.MakeAsync();
}

/// <summary>The driver in memory, which most other tests of the agent stand on.</summary>
public sealed class MemoryArtifactSourceTests : ArtifactSourceConformance
{
    internal override Task<ISourceStage> StageAsync() => Task.FromResult<ISourceStage>(new MemoryStage());

    private sealed class MemoryStage : ISourceStage
    {
        private readonly MemorySource _source = new() { Trust = "{}"u8.ToArray() };

        public MemoryStage()
        {
            using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create(
                System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            Package = TestPackage.Make(key, "bearing", 1);
            _source.Envelopes[Package.Digest] = Package.Envelope;
            foreach (byte[] chunk in Package.Chunks)
            {
                _source.Chunks[Digest.Of(chunk)] = chunk;
            }
        }

        public IArtifactSource Source => _source;

        public TestPackage Package { get; }

        public Task LeaveAsync()
        {
            _source.IsAway = true;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
