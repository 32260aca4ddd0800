using System.Net;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Native;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Serve;

/// <summary>What a real process was told, and its successor after it was killed.</summary>
public sealed class RestoreTests : IDisposable
{
    private static readonly (string Name, byte[] Model)[] _models =
        [("a", TinyModels.AddSub), ("b", TinyModels.AddSub)];
    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _owned = [];

    private string StateFile => _folder.File("state.json");

    public void Dispose()
    {
        _owned.ForEach(static one => one.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void The_same_set_is_served_again_after_a_kill()
    {
        using ServeProcess first = Start("1");
        Listen(first);
        string logging;
        using (RawHttp http = first.Connect())
        {
            Ok(http, "/v2/repository/models/a/unload");
            Ok(http, "/v2/trace/setting", """{"trace_level": ["TIMESTAMPS"], "trace_rate": "7"}""");
            Ok(http, "/v2/models/b/trace/setting", """{"trace_rate": "9"}""");
            Ok(http, "/v2/logging", """{"log_access_every": 5, "log_warnings": false}""");
            logging = http.Ask("GET", "/v2/logging").Body;
        }

        Kill(first);
        using ServeProcess second = Start("1");
        using RawHttp client = second.WaitFor(ServeStates.Ready).Connect();

        // Until it serves every model is there: all of them are tried.
        Assert.Equal(200, client.Ask("POST", "/v2/models/a/infer", RawHttp.AddSubBody).Status);
        Listen(second);
        (int status, string refusal) = client.Ask("POST", "/v2/models/a/infer", RawHttp.AddSubBody);
        Assert.Equal(404, status);
        Assert.Contains(ServeErrors.ModelUnloaded.Code, refusal, StringComparison.Ordinal);
        Assert.Equal(200, client.Ask("POST", "/v2/models/b/infer", RawHttp.AddSubBody).Status);
        Assert.Equal(logging, client.Ask("GET", "/v2/logging").Body);
        Assert.Contains("\"trace_rate\":\"7\"", client.Ask("GET", "/v2/trace/setting").Body, StringComparison.Ordinal);
        Assert.Contains(
            "\"trace_rate\":\"9\"", client.Ask("GET", "/v2/models/b/trace/setting").Body, StringComparison.Ordinal);

        // What is loaded again stays loaded after the next kill.
        Ok(client, "/v2/repository/models/a/load");
        Kill(second);
        using ServeProcess third = Start("1");
        Listen(third);
        using RawHttp last = third.Connect();
        Assert.Equal(200, last.Ask("POST", "/v2/models/a/infer", RawHttp.AddSubBody).Status);
        Assert.Equal(logging, last.Ask("GET", "/v2/logging").Body);
    }

    [Fact]
    public void A_state_of_other_models_or_of_nobody_counts_for_nothing()
    {
        using (ServeProcess first = Start("1"))
        {
            Listen(first);
            using RawHttp http = first.Connect();
            Ok(http, "/v2/repository/models/a/unload");
            Kill(first);
        }

        byte[] state = File.ReadAllBytes(StateFile);
        using (ServeProcess other = Start("2"))
        {
            Listen(other);
            using RawHttp http = other.Connect();
            Assert.Equal(200, http.Ask("POST", "/v2/models/a/infer", RawHttp.AddSubBody).Status);
        }

        byte[][] broken = [[], "{"u8.ToArray(), state[..(state.Length / 2)], new byte[100_000], "[]"u8.ToArray()];
        foreach (byte[] wrong in broken)
        {
            File.WriteAllBytes(StateFile, wrong);
            using ServeProcess server = Start("1");
            Listen(server);
            using RawHttp http = server.Connect();
            Assert.Equal(200, http.Ask("POST", "/v2/models/a/infer", RawHttp.AddSubBody).Status);
        }
    }

    [Fact]
    public void Every_beginning_of_a_state_is_read_or_refused()
    {
        ServeState state = new() { Models = "m", Unloaded = ["a", "b"] };
        byte[] json = state.ToJson();
        Assert.True(ServeState.TryParse(json, out ServeState? read));
        Assert.Equal(["a", "b"], read.Unloaded.AsEnumerable());
        for (int length = 0; length < json.Length; length++)
        {
            Assert.False(ServeState.TryParse(json.AsSpan(0, length), out _));
        }

        Random random = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = [.. json];
            changed[random.Next(json.Length)] = (byte)random.Next(256);
            _ = ServeState.TryParse(changed, out _);
        }
    }

    [Fact]
    public void One_that_rests_is_ready_and_one_that_was_unloaded_is_not()
    {
        using ServeProcess server = new(
            "1",
            models: [("a", Heavy()), ("b", Heavy()), ("c", Heavy())],
            change: static config => config.ModelMemoryBytes = (3 * HeavyBytes) - 1);
        using RawHttp http = server.WaitFor(ServeStates.Ready).Connect();
        string index = http.Ask("POST", "/v2/repository/index").Body;
        Assert.Contains("not in memory; loaded when asked", index, StringComparison.Ordinal);
        foreach (string name in (string[])["a", "b", "c"])
        {
            Assert.Equal((200, $$"""{"name":"{{name}}","ready":true}"""), http.Ask("GET", $"/v2/models/{name}/ready"));
        }

        Ok(http, "/v2/repository/models/a/unload");
        Assert.Equal((400, """{"name":"a","ready":false}"""), http.Ask("GET", "/v2/models/a/ready"));
        Assert.Equal(400, http.Ask("GET", "/v2/models/a/versions/1/ready").Status);
        Assert.Equal(404, http.Ask("GET", "/v2/models/a/versions/2/ready").Status);
        Assert.Equal(404, http.Ask("GET", "/v2/models/other/ready").Status);
        Assert.Equal(200, http.Ask("GET", "/v2/health/ready").Status);
        Ok(http, "/v2/repository/models/a/load");
        Assert.Equal(200, http.Ask("GET", "/v2/models/a/ready").Status);
    }

    private const int HeavyCount = 2 * 1024 * 1024;
    private const long HeavyBytes = HeavyCount * sizeof(float);

    private static byte[] Heavy() => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "heavy",
        Inputs = [OnnxValue.Tensor("i", OnnxElementType.Int64, 1)],
        Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1)],
        Initializers = [OnnxTensor.Of("w", [HeavyCount], new float[HeavyCount])],
        Nodes = [new OnnxNodeSpec("Gather", ["w", "i"], ["y"])],
    });

    private ServeProcess Start(string version) => new ServeProcess(
        version, models: _models, change: config => config.StateFile = StateFile).WaitFor(ServeStates.Ready);

    private void Listen(ServeProcess server)
    {
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 16);
        _owned.Add(listener);
        ControlReply reply = server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        Assert.True(reply.Ok, reply.Error);
    }

    private static void Kill(ServeProcess server)
    {
        Assert.True(server.Process.Signal(9));
        Assert.Equal(-9, server.WaitForExit());
    }

    private static void Ok(RawHttp http, string path, string body = "")
    {
        (int status, string answer) = http.Ask("POST", path, body);
        Assert.True(status == 200, answer);
    }
}
