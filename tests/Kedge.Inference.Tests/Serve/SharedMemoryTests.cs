using System.Runtime.InteropServices;
using System.Text;
using Kedge.Inference.Control;
using Kedge.Inference.Tensors;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Tensors that a client and a real process share by a descriptor.</summary>
public sealed class SharedMemoryTests
{
    private const string Request = """
        {"inputs":[{"name":"x","shape":[4],"datatype":"FP32","parameters":{"shared_memory_region":"mine",
          "shared_memory_offset":64,"shared_memory_byte_size":16}}],
         "outputs":[{"name":"y","parameters":{"shared_memory_region":"mine","shared_memory_byte_size":32}}]}
        """;

    [Fact]
    public void A_tensor_goes_in_and_out_without_the_network()
    {
        using ServeProcess server = Start(out string socket);
        using SharedMapping memory = SharedMapping.Create(4096, out FileDescriptor descriptor);
        using RawHttp http = server.Connect();
        Assert.StartsWith("""{"error":"KEDGE-INFER-025""", Infer(http).Body, StringComparison.Ordinal);
        using (LineChannel channel = LineChannel.Connect(socket))
        using (descriptor)
        {
            Assert.Null(Ask(channel, new RegionRequest { Name = "mine", ByteSize = 4096 }, descriptor));
            Assert.Equal(
                """[{"name":"mine","key":"mine","offset":0,"byte_size":4096}]""",
                http.Ask("GET", "/v2/systemsharedmemory/status").Body);
            for (int round = 0; round < 3; round++)
            {
                Span<float> input = MemoryMarshal.Cast<byte, float>(memory.GetSpan()[64..80]);
                for (int i = 0; i < 4; i++)
                {
                    input[i] = (round * 10) + i;
                }

                (int status, string body) = Infer(http);
                Assert.Equal(200, status);
                Assert.Contains("\"shared_memory_byte_size\":16}", body, StringComparison.Ordinal);
                Assert.DoesNotContain("\"data\"", body, StringComparison.Ordinal);
                Assert.Equal(
                    input.ToArray(), MemoryMarshal.Cast<byte, float>(memory.GetSpan()[..16]).ToArray());
            }
        }

        // The region went with its connection.
        for (int i = 0; i < 500 && http.Ask("GET", "/v2/systemsharedmemory/status").Body != "[]"; i++)
        {
            Polling.WaitReadable(server.Process.ExitDescriptor, TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(404, Infer(http).Status);
        Assert.Equal(404, http.Ask("GET", "/v2/systemsharedmemory/region/mine/status").Status);
    }

    [Fact]
    public void Kept_answers_follow_what_lies_in_shared_memory()
    {
        using ServeProcess server = Start(out string socket, cacheBytes: 1 << 20);
        using SharedMapping memory = SharedMapping.Create(4096, out FileDescriptor descriptor);
        using RawHttp http = server.Connect();
        using LineChannel channel = LineChannel.Connect(socket);
        Assert.Null(Ask(channel, new RegionRequest { Name = "mine", ByteSize = 4096 }, descriptor));
        descriptor.Dispose();
        foreach (float value in (float[])[1, 2, 1, 2, 3])
        {
            MemoryMarshal.Cast<byte, float>(memory.GetSpan()[64..80]).Fill(value);
            memory.GetSpan()[..16].Clear();
            Assert.Equal(200, Infer(http).Status);
            Assert.Equal(
                [value, value, value, value], MemoryMarshal.Cast<byte, float>(memory.GetSpan()[..16]).ToArray());
        }

        string metrics = http.Ask("GET", "/metrics").Body;
        Assert.Contains(
            "nv_cache_num_hits_per_model{model=\"tiny\",version=\"1\"} 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_cannot_be_trusted_is_refused()
    {
        using ServeProcess server = Start(out string socket);
        using SharedMapping memory = SharedMapping.Create(4096, out FileDescriptor good);
        using LineChannel channel = LineChannel.Connect(socket);
        using WakeSignal event_ = new();
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("file"), new byte[4096]);
        using FileStream stream = File.OpenRead(folder.File("file"));
        using FileDescriptor file = Copy(stream);
        Refused("no memfd", channel, new RegionRequest { Name = "a", ByteSize = 8 }, event_.Descriptor);
        Refused("no memfd", channel, new RegionRequest { Name = "a", ByteSize = 8 }, file);
        Refused("No descriptor", channel, new RegionRequest { Name = "a", ByteSize = 8 }, null);
        Refused("as long as", channel, new RegionRequest { Name = "a", ByteSize = 4097 }, good);
        Refused("as long as", channel, new RegionRequest { Name = "a", ByteSize = 0 }, good);
        Refused("larger", channel, new RegionRequest { Name = "a", ByteSize = long.MaxValue }, good);
        Refused("'name'", channel, new RegionRequest { Name = "a/b", ByteSize = 8 }, good);
        Assert.Null(Ask(channel, new RegionRequest { Name = "a", ByteSize = 8 }, good));
        Refused("already", channel, new RegionRequest { Name = "a", ByteSize = 8 }, good);
        Assert.Null(Ask(channel, new RegionRequest { Unregister = "a" }, null));
        Assert.StartsWith(
            "KEDGE-INFER-025", Ask(channel, new RegionRequest { Unregister = "a" }, null), StringComparison.Ordinal);
        good.Dispose();
    }

    [Fact]
    public void Without_the_setting_there_is_no_shared_memory()
    {
        using ServeProcess server = new ServeProcess("1", model: TinyModels.Identity(TensorType.Float32))
            .WaitFor(ServeStates.Ready);
        using RawHttp http = server.Connect();
        Assert.Contains("Shared memory is off", Infer(http).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("shared_memory", http.Ask("GET", "/v2").Body, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(server.HttpSocket)!, "memory.sock")));
    }

    private static ServeProcess Start(out string socket, long cacheBytes = 0)
    {
        ServeProcess server = new(
            "1",
            model: TinyModels.Identity(TensorType.Float32),
            change: config =>
            {
                config.SharedMemory = true;
                config.Models[0].Scheduling.CacheBytes = cacheBytes;
            });
        socket = Path.Combine(Path.GetDirectoryName(server.HttpSocket)!, "memory.sock");
        return server.WaitFor(ServeStates.Ready);
    }

    /// <summary>A descriptor of our own for the open file; the stream's stays the stream's.</summary>
    private static FileDescriptor Copy(FileStream stream)
    {
        using FileDescriptor lent = FileDescriptor.Adopt((int)stream.SafeFileHandle.DangerousGetHandle());
        try
        {
            return lent.Duplicate();
        }
        finally
        {
            _ = lent.Release();
        }
    }

    private static (int Status, string Body) Infer(RawHttp http) =>
        http.Ask("POST", "/v2/models/tiny/infer", Request);

    private static void Refused(string why, LineChannel channel, RegionRequest request, FileDescriptor? descriptor)
    {
        string? error = Ask(channel, request, descriptor);
        Assert.StartsWith("KEDGE-INFER-028", error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private static string? Ask(LineChannel channel, RegionRequest request, FileDescriptor? descriptor)
    {
        ReceivedLine line = channel.Exchange(request.ToLine(), descriptor, TimeSpan.FromSeconds(30));
        Assert.True(RegionReply.TryParse(line.Bytes, out RegionReply? reply), Encoding.UTF8.GetString(line.Bytes));
        Assert.Equal(reply.Ok, reply.Error is null);
        return reply.Error;
    }
}
