using System.Globalization;
using System.Text;
using Kedge.Inference.Control;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>
/// Requests over a Unix socket whose tensors lie in shared memory: only their places go over the socket. One region
/// with a room for each who asks; the inputs lie there from the start, as a camera would have written them.
/// </summary>
internal sealed class SharedMemoryWorkers : IDisposable
{
    private const string Region = "bench";
    private const int Rooms = 64;
    private const int Alignment = 64;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly ServerProcess _server;
    private readonly Workload _workload;
    private readonly Tensor[] _outputs;
    private readonly int _roomBytes;
    private readonly SharedMapping _memory;
    private readonly LineChannel _channel;
    private int _next = -1;

    /// <param name="server">A local one.</param>
    /// <param name="workload">What is asked.</param>
    /// <param name="answer">A call with the right outputs.</param>
    public SharedMemoryWorkers(ServerProcess server, Workload workload, InferenceCall answer)
    {
        _server = server;
        _workload = workload;
        _outputs = [.. answer.Outputs.ToArray()];
        _roomBytes = _workload.Inputs.Concat(_outputs).Sum(tensor => Aligned(tensor.Bytes.Length));
        _memory = SharedMapping.Create(_roomBytes * Rooms, out FileDescriptor descriptor);
        using FileDescriptor handed = descriptor;
        _channel = LineChannel.Connect(server.MemorySocket);
        RegionRequest request = new() { Name = Region, ByteSize = _roomBytes * Rooms };
        ReceivedLine line = _channel.Exchange(request.ToLine(), handed, Deadline);
        if (!RegionReply.TryParse(line.Bytes, out RegionReply? reply) || !reply.Ok)
        {
            throw new InvalidOperationException($"The memory was not taken: {reply?.Error}");
        }

        AskOnce();
    }

    /// <summary>For <see cref="Measured.Run"/>.</summary>
    public IAsker NewAsker() => HttpWorker.Against(_server.EndPoint, Request(NextRoom()))();

    /// <summary>One whole request, for the length of what goes over the socket.</summary>
    public byte[] ExampleRequest => Request(0);

    public void Dispose()
    {
        _channel.Dispose();
        ((IDisposable)_memory).Dispose();
    }

    /// <summary>What comes out is what the runtime computes in process, or nothing here is worth measuring.</summary>
    private void AskOnce()
    {
        int room = NextRoom();
        using IAsker asker = HttpWorker.Against(_server.EndPoint, Request(room))();
        asker.Ask();
        int at = Begin(room) + _workload.Inputs.Sum(tensor => Aligned(tensor.Bytes.Length));
        foreach (Tensor output in _outputs)
        {
            Kedge.Core.Check.That(_memory.GetSpan().Slice(at, output.Bytes.Length).SequenceEqual(output.Bytes));
            at += Aligned(output.Bytes.Length);
        }
    }

    // Never more at once than rooms; those of the last measurement have ended.
    private int NextRoom() => Interlocked.Increment(ref _next) % Rooms;

    private int Begin(int room) => room * _roomBytes;

    private byte[] Request(int room)
    {
        int at = Begin(room);
        StringBuilder json = new("{\"inputs\":[");
        foreach (Tensor input in _workload.Inputs)
        {
            input.Bytes.CopyTo(_memory.GetSpan()[at..]);
            json.Append(input == _workload.Inputs[0] ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $"{{\"name\":\"{input.Name}\",\"datatype\":\"{TensorTypes.Name(input.Type)}\",").Append(
                CultureInfo.InvariantCulture,
                $"\"shape\":{TensorShape.Describe(input.Shape)},{Place(at, input.Bytes.Length)}}}");
            at += Aligned(input.Bytes.Length);
        }

        json.Append("],\"outputs\":[");
        foreach (Tensor output in _outputs)
        {
            json.Append(output == _outputs[0] ? "" : ",").Append(
                CultureInfo.InvariantCulture, $"{{\"name\":\"{output.Name}\",{Place(at, output.Bytes.Length)}}}");
            at += Aligned(output.Bytes.Length);
        }

        return Workload.Post(Encoding.UTF8.GetBytes(json.Append("]}").ToString()));
    }

    private static string Place(int offset, int length) => string.Create(
        CultureInfo.InvariantCulture,
        $"\"parameters\":{{\"shared_memory_region\":\"{Region}\",\"shared_memory_offset\":{offset},")
        + string.Create(CultureInfo.InvariantCulture, $"\"shared_memory_byte_size\":{length}}}");

    private static int Aligned(int length) => (length + Alignment - 1) / Alignment * Alignment;
}
