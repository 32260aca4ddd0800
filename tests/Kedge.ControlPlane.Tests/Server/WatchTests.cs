using Kedge.Api.Resources;

namespace Kedge.ControlPlane.Tests.Server;

public class WatchTests
{
    [Fact]
    public async Task A_watch_shows_what_is_there_then_what_changes_and_what_goes()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(server.Ct);
        await using IAsyncEnumerator<WatchEvent<DeviceResource>> watch =
            server.Client.WatchDevicesAsync("line=press", end.Token).GetAsyncEnumerator(end.Token);
        Assert.Equal((WatchKind.Added, "press-1"), await NextAsync());
        Assert.Equal((WatchKind.Synced, null), await NextAsync());

        await using TestDevice second = await server.EnrolAsync("press-2", ("line", "press"));
        Assert.Equal((WatchKind.Added, "press-2"), await NextAsync());
        await using TestDevice unseen = await server.EnrolAsync("mill-1", ("line", "mill"));
        await server.Client.CordonDeviceAsync("press-1", true, server.Ct);
        Assert.Equal((WatchKind.Modified, "press-1"), await NextAsync());
        Assert.True(watch.Current.Item!.Cordoned);
        await server.Client.DeleteAsync("devices", "press-2", server.Ct);
        Assert.Equal((WatchKind.Deleted, "press-2"), await NextAsync());
        await end.CancelAsync();

        async Task<(WatchKind, string?)> NextAsync()
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TestServer.Deadline, server.Ct));
            return (watch.Current.Kind, watch.Current.Item?.Name);
        }
    }

    [Fact]
    public async Task Events_are_watched_in_their_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await using IAsyncEnumerator<WatchEvent<EventResource>> watch =
            server.Client.WatchEventsAsync(server.Ct).GetAsyncEnumerator(server.Ct);
        Assert.True(await watch.MoveNextAsync());
        while (watch.Current.Kind != WatchKind.Synced)
        {
            Assert.True(await watch.MoveNextAsync());
        }

        await server.Client.RevokeDeviceAsync("press-1", server.Ct);
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TestServer.Deadline, server.Ct));
        Assert.Equal("DeviceRevoked", watch.Current.Item!.Reason);
    }
}
