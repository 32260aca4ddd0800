using System.Threading.Channels;
using Kedge.Core.Borders;
using Kedge.Tests.Support.Devices;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>What <see cref="IDeviceLink"/> promises, asked of every driver alike.</summary>
public abstract class DeviceLinkConformance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_waits_for_a_device_comes_with_each_subscription()
    {
        await using ILinkStage stage = await StageAsync();
        for (int round = 0; round < 2; round++)
        {
            Channel<LinkDelivery> arrived = Channel.CreateUnbounded<LinkDelivery>();
            await using ILinkConnection connection = await ConnectAsync(stage, arrived);
            LinkDelivery delivery = await arrived.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            Assert.Equal(stage.Desired, delivery.Topic);
            Assert.False(delivery.Payload.IsEmpty);
            await delivery.AcknowledgeAsync();
            Assert.False(connection.Closed.IsCompleted);
        }
    }

    [Fact]
    public async Task What_is_published_is_done_once_it_is_acknowledged_and_lost_on_an_ended_connection()
    {
        await using ILinkStage stage = await StageAsync();
        ILinkConnection connection = await ConnectAsync(stage);
        Task<PublishOutcome>[] several = [.. Enumerable.Range(0, 5)
            .Select(_ => connection.PublishAsync(stage.Reported, stage.Report(), default).AsTask())];
        Assert.All(await Task.WhenAll(several).WaitAsync(Patience), o => Assert.IsType<PublishOutcome.Done>(o));

        await connection.DisposeAsync();
        Assert.NotEqual("", await connection.Closed.WaitAsync(Patience));
        _ = Assert.IsType<PublishOutcome.Lost>(
            await connection.PublishAsync(stage.Reported, stage.Report(), default).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task A_new_connection_ends_the_one_before()
    {
        await using ILinkStage stage = await StageAsync();
        await using ILinkConnection first = await ConnectAsync(stage);
        await using ILinkConnection second = await ConnectAsync(stage);
        Assert.NotEqual("", await first.Closed.WaitAsync(Patience));
        _ = Assert.IsType<PublishOutcome.Done>(
            await second.PublishAsync(stage.Reported, stage.Report(), default).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Where_nobody_answers_the_connection_ends_and_no_new_one_comes()
    {
        await using ILinkStage stage = await StageAsync();
        await using ILinkConnection connection = await ConnectAsync(stage);
        await stage.LeaveAsync();
        _ = await connection.Closed.WaitAsync(Patience);
        LinkOutcome outcome = await stage.Link.ConnectAsync([stage.Desired], static _ => { }, default);
        Assert.NotEqual("", Assert.IsType<LinkOutcome.Unreachable>(outcome).Problem.Code);
    }

    internal abstract Task<ILinkStage> StageAsync();

    private static async Task<ILinkConnection> ConnectAsync(ILinkStage stage, Channel<LinkDelivery>? arrived = null)
    {
        LinkOutcome outcome = await stage.Link.ConnectAsync(
            [stage.Desired], delivery => arrived?.Writer.TryWrite(delivery), default);
        return Assert.IsType<LinkOutcome.Connected>(outcome).Connection;
    }
}

/// <summary>A device that has a desired state waiting.</summary>
internal interface ILinkStage : IAsyncDisposable
{
    IDeviceLink Link { get; }

    /// <summary>Topic on which the desired state comes.</summary>
    string Desired { get; }

    /// <summary>Topic on which the device reports.</summary>
    string Reported { get; }

    /// <summary>A report that was not made before.</summary>
    byte[] Report();

    /// <summary>From now on nobody answers.</summary>
    Task LeaveAsync();
}

/// <summary>MQTT over TLS to a real server.</summary>
public sealed class MqttDeviceLinkTests : DeviceLinkConformance
{
    internal override async Task<ILinkStage> StageAsync() => await ServerStage.MakeAsync();
}

/// <summary>The driver in memory, which most other tests of the agent stand on.</summary>
public sealed class MemoryDeviceLinkTests : DeviceLinkConformance
{
    internal override Task<ILinkStage> StageAsync() => Task.FromResult<ILinkStage>(new MemoryStage());

    private sealed class MemoryStage : ILinkStage
    {
        private readonly MemoryLink _link = new();

        public MemoryStage() => _link.OnSubscribed = topics => _link.Deliver(topics[0], [1]);

        public IDeviceLink Link => _link;

        public string Desired => "desired";

        public string Reported => "reported";

        public byte[] Report() => [1];

        public Task LeaveAsync()
        {
            _link.Refusal = MemoryLink.Unreachable;
            _link.Cut();
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
