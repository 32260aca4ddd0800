using System.Net;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Two model servers as processes: one serves, the other sees copies of what it is asked.</summary>
public sealed class ShadowProcessTests : IDisposable
{
    private const string Infer = "/v2/models/tiny/infer";
    private readonly ServeProcess _old = new("1");
    private readonly FileDescriptor _listener =
        ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);

    public ShadowProcessTests() => Assert.True(_old.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, _listener).Ok);

    private IPEndPoint EndPoint => IPEndPoint.Parse(ListeningSocket.Describe(_listener));

    [Fact]
    public void One_that_answers_alike_agrees_and_what_comes_on_the_own_socket_is_not_copied()
    {
        using ServeProcess other = new("2");
        ControlShadow begun = Begin(other);
        Assert.Equal(("tiny.2", true, 0), (begun.Id, begun.Connected, begun.Compared));
        using RawHttp client = RawHttp.Connect(EndPoint);
        using RawHttp own = _old.Connect();
        for (int i = 0; i < 50; i++)
        {
            Assert.Contains("\"model_version\":\"1\"", client.Ask("POST", Infer, RawHttp.AddSubBody).Body);
            Assert.Equal(200, own.Ask("POST", Infer, RawHttp.AddSubBody).Status);
            Assert.Equal(400, client.Ask("POST", Infer, "{}").Status);
        }

        ControlShadow counts = Until(c => c.Compared + c.Dropped == 50);
        Assert.Equal((counts.Compared, true, ""), (counts.Agreed, counts.Connected, counts.First));
        Assert.InRange(counts.Compared, 1, 50);
        Assert.Equal(counts.Compared, other.Ask(ControlOps.Status).Requests);
        Assert.True(counts.ElapsedMs >= begun.ElapsedMs);
    }

    [Fact]
    public void One_that_answers_otherwise_disagrees_and_no_client_sees_it()
    {
        using ServeProcess other = new("2", TinyModels.AddSubReversed);
        Begin(other);
        using Load load = new(EndPoint, clients: 2);
        load.WaitFor(() => load.Answers("1") > 300);
        ControlShadow counts = Until(c => c.Compared >= 20);
        load.Stop();
        Assert.Empty(load.Failures);
        Assert.Equal((0, 0), (counts.Agreed, load.Answers("2")));
        Assert.StartsWith("output 'OUTPUT1': element 1 is 1, expected 0", counts.First, StringComparison.Ordinal);

        // With the end of the comparison nothing is copied any more; an end for somebody else changes nothing.
        Ask(ControlOps.Unshadow, "tiny.3", null);
        Assert.Equal("tiny.2", Ask(ControlOps.Shadow, "tiny.2", null).Shadow?.Id);
        Assert.True(Ask(ControlOps.Shadow, "tiny.2", null).Shadow?.Connected);
        Assert.True(Ask(ControlOps.Unshadow, "tiny.2", null).Ok);
        Assert.Equal(
            (false, 0),
            (Ask(ControlOps.Shadow, "tiny.2", null).Shadow?.Connected, Ask(ControlOps.Shadow, "tiny.2", null)
                .Shadow?.Compared));
        Assert.Contains("asked for", _old.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kill_of_the_new_one_disturbs_no_client_and_another_takes_its_place()
    {
        using ServeProcess other = new("2");
        Begin(other);
        using Load load = new(EndPoint, clients: 4);
        load.WaitFor(() => load.Answers("1") > 200);
        other.Process.Signal(9);
        Assert.Equal(-9, other.WaitForExit());
        ControlShadow counts = Until(c => !c.Connected);
        Assert.InRange(counts.Compared - counts.Agreed, 0, 1);
        long before = load.Answers("1");
        load.WaitFor(() => load.Answers("1") > before + 200);

        using ServeProcess next = new("3");
        next.WaitFor(ServeStates.Ready);
        using FileDescriptor connection = ListeningSocket.ConnectUnix(next.HttpSocket);
        Assert.Equal(("tiny.3", true), Ask(ControlOps.Shadow, "tiny.3", connection).Shadow is { } s
            ? (s.Id, s.Connected)
            : default);
        load.WaitFor(() => Ask(ControlOps.Shadow, "tiny.3", null).Shadow?.Agreed > 10);
        load.Stop();
        Assert.Empty(load.Failures);
    }

    [Fact]
    public void A_kill_of_the_old_one_leaves_the_new_one_ready()
    {
        using ServeProcess other = new("2");
        Begin(other);
        using (Load load = new(EndPoint, clients: 2))
        {
            load.WaitFor(() => load.Answers("1") > 100);
        }

        _old.Process.Signal(9);
        Assert.Equal(-9, _old.WaitForExit());
        Assert.True(other.Ask(ControlOps.Listen, _listener).Ok);
        using RawHttp client = RawHttp.Connect(EndPoint);
        Assert.Equal(200, client.Ask("POST", Infer, RawHttp.AddSubBody).Status);
    }

    [Fact]
    public void A_drain_ends_it_and_none_begins_in_another_state()
    {
        using ServeProcess other = new("2");
        Begin(other);
        using RawHttp idle = RawHttp.Connect(EndPoint);
        Assert.Equal(200, idle.Ask("GET", "/v2/health/live").Status);
        _old.Ask(ControlOps.Drain, deadlineMs: 600_000);
        Assert.StartsWith("KEDGE-SERVE-008", Ask(ControlOps.Shadow, "tiny.2", null).Error, StringComparison.Ordinal);
        Assert.Equal(200, idle.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.Equal(0, other.Ask(ControlOps.Status).Requests);
        Assert.Equal(0, _old.WaitForExit());
    }

    [Fact]
    public void What_is_no_connection_or_no_figure_is_refused()
    {
        using ServeProcess other = new("2");
        other.WaitFor(ServeStates.Ready);
        using FileDescriptor connection = ListeningSocket.ConnectUnix(other.HttpSocket);
        Refused("", 1, 0, connection);
        Refused(new string('x', 129), 1, 0, connection);
        Refused("tiny.2", 0, 0, connection);
        Refused("tiny.2", 1_000_001, 0, connection);
        Refused("tiny.2", 1, -1, connection);
        Refused("tiny.2", 1, 0, _listener);
        Assert.Null(_old.Ask(ControlOps.Status).Shadow);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _old.Dispose();
    }

    private void Refused(string id, int sharePpm, int tolerancePpm, FileDescriptor connection)
    {
        ControlRequest request =
            new() { Op = ControlOps.Shadow, Shadow = id, SharePpm = sharePpm, TolerancePpm = tolerancePpm };
        ControlReply reply = _old.Ask(request, connection, out _);
        Assert.False(reply.Ok);
        Assert.StartsWith("KEDGE-SERVE-009", reply.Error, StringComparison.Ordinal);
    }

    private ControlShadow Begin(ServeProcess other)
    {
        other.WaitFor(ServeStates.Ready);
        using FileDescriptor connection = ListeningSocket.ConnectUnix(other.HttpSocket);
        ControlReply reply = Ask(ControlOps.Shadow, "tiny.2", connection);
        Assert.True(reply.Ok, reply.Error);
        return reply.Shadow!; // It is there in every good answer.
    }

    private ControlReply Ask(string op, string id, FileDescriptor? connection) => _old.Ask(
        new ControlRequest { Op = op, Shadow = id, SharePpm = 1_000_000, TolerancePpm = 1_000 }, connection, out _);

    private ControlShadow Until(Func<ControlShadow, bool> condition)
    {
        ControlShadow counts = new();
        bool met = SpinWait.SpinUntil(
            () => condition(counts = Ask(ControlOps.Shadow, "tiny.2", null).Shadow!), TimeSpan.FromSeconds(60));
        Assert.True(met, $"{counts.Agreed} of {counts.Compared}, {counts.Dropped} dropped; {_old.Log}");
        return counts;
    }
}
