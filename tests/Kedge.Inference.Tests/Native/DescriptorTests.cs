using System.Net;
using System.Text;
using Kedge.Native;

namespace Kedge.Inference.Tests.Native;

public sealed class DescriptorTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public void A_listener_travels_over_a_unix_socket_and_still_accepts()
    {
        using TemporaryFolder folder = new();
        using FileDescriptor control = ListeningSocket.OpenUnix(folder.File("c.sock"), 4, Owner);
        using FileDescriptor tcp = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 4);
        using LineChannel near = LineChannel.Connect(folder.File("c.sock"));
        using LineChannel far = new(ListeningSocket.TryAccept(control, nonBlocking: false)!);

        near.Send("hello"u8, tcp);
        ReceivedLine received = far.Receive(Deadline)!;

        Assert.Equal("hello", Encoding.UTF8.GetString(received.Bytes));
        using FileDescriptor copy = received.Attached!;
        Assert.NotEqual(tcp.Number, copy.Number);
        Assert.True(ListeningSocket.IsListening(copy));
        Assert.Equal(ListeningSocket.Describe(tcp), ListeningSocket.Describe(copy));
        Assert.Equal(Environment.ProcessId, ListeningSocket.Peer(near.Socket).Pid);
        tcp.Dispose();
        using System.Net.Sockets.TcpClient client = new();
        client.Connect(IPEndPoint.Parse(ListeningSocket.Describe(copy)));
        using FileDescriptor accepted = ListeningSocket.TryAccept(copy)!;
        Assert.NotNull(accepted);
    }

    [Fact]
    public void Lines_that_come_in_pieces_and_together_are_told_apart()
    {
        using TemporaryFolder folder = new();
        using FileDescriptor control = ListeningSocket.OpenUnix(folder.File("c.sock"), 4, Owner);
        using LineChannel near = LineChannel.Connect(folder.File("c.sock"));
        using LineChannel far = new(ListeningSocket.TryAccept(control, nonBlocking: false)!);
        near.Send("one"u8, null);
        near.Send("two"u8, null);
        Assert.Equal("one"u8.ToArray(), far.Receive(Deadline)!.Bytes);
        Assert.Equal("two"u8.ToArray(), far.Receive(Deadline)!.Bytes);
        Assert.Throws<TimeoutException>(() => far.Receive(TimeSpan.FromMilliseconds(1)));
        near.Dispose();
        Assert.Null(far.Receive(Deadline));
    }

    [Fact]
    public void Lines_up_to_the_limit_come_whole_with_their_descriptor_and_longer_ones_are_refused()
    {
        using TemporaryFolder folder = new();
        using FileDescriptor control = ListeningSocket.OpenUnix(folder.File("c.sock"), 4, Owner);
        using LineChannel near = LineChannel.Connect(folder.File("c.sock"));
        using LineChannel far = new(ListeningSocket.TryAccept(control, nonBlocking: false)!);
        byte[] longest = new byte[LineChannel.LineBytesMax - 1];
        for (int i = 0; i < longest.Length; i++)
        {
            longest[i] = (byte)('a' + (i % 26));
        }

        near.Send(longest, control);
        near.Send("short"u8, null);
        ReceivedLine received = far.Receive(Deadline)!;
        using FileDescriptor? attached = received.Attached;
        Assert.NotNull(attached);
        Assert.Equal(longest, received.Bytes);
        Assert.Equal("short"u8.ToArray(), far.Receive(Deadline)!.Bytes);

        using System.Net.Sockets.Socket raw = new(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, default);
        raw.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(folder.File("c.sock")));
        using LineChannel judge = new(ListeningSocket.TryAccept(control, nonBlocking: false)!);
        raw.Send(new byte[LineChannel.LineBytesMax]);
        Assert.Throws<IOException>(() => judge.Receive(Deadline));
    }

    [Fact]
    public void A_path_longer_than_the_kernel_takes_is_reached_through_its_folder()
    {
        using TemporaryFolder folder = new();
        string deep = folder.File(new string('d', 120));
        Directory.CreateDirectory(deep);
        using FileDescriptor control = ListeningSocket.OpenUnix(Path.Combine(deep, "c.sock"), 4, Owner);
        using LineChannel near = LineChannel.Connect(Path.Combine(deep, "c.sock"));
        Assert.True(File.Exists(Path.Combine(deep, "c.sock")));
    }

    [Fact]
    public void A_taken_port_is_told_by_its_error()
    {
        using FileDescriptor first = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 4);
        IPEndPoint taken = IPEndPoint.Parse(ListeningSocket.Describe(first));
        Assert.True(Assert.Throws<NativeException>(() => ListeningSocket.OpenTcp(taken, 4)).IsAddressInUse);
        Assert.True(Assert.Throws<NativeException>(() => LineChannel.Connect("/nonexistent/c.sock")).IsAbsent);
    }

    [Fact]
    public void A_child_gets_descriptors_from_three_on_and_its_end_is_seen_by_pidfd()
    {
        using TemporaryFolder folder = new();
        string output = folder.File("out");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 4);
        using WakeSignal signal = new();
        using ChildProcess child = ChildProcess.Start(new SpawnSpec
        {
            Program = "/bin/ls",
            Arguments = ["-l", "/proc/self/fd"],
            Environment = ["LC_ALL=C"],
            OutputFile = output,
            Descriptors = [signal.Descriptor, listener],
        });
        Assert.True(Polling.WaitReadable(child.ExitDescriptor, Deadline));
        Assert.Equal(new ProcessEnd(true, 0), child.TryCollect());
        string[] lines = File.ReadAllLines(output);
        Assert.Contains(lines, line => line.Contains(" 3 -> anon_inode", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(" 4 -> socket:", StringComparison.Ordinal));
        // 0, 1, 2, the two passed ones, and the folder that ls reads.
        Assert.Equal(7, lines.Length);
    }

    [Fact]
    public void A_child_is_ended_by_signal_and_a_missing_program_is_an_error()
    {
        using ChildProcess child = ChildProcess.Start(new SpawnSpec { Program = "/bin/sleep", Arguments = ["60"] });
        Assert.False(child.HasEnded);
        Assert.Null(child.TryCollect());
        Assert.True(child.Signal(9));
        Assert.True(Polling.WaitReadable(child.ExitDescriptor, Deadline));
        Assert.Equal(new ProcessEnd(false, 9), child.TryCollect());
        Assert.False(child.Signal(9));
        Assert.Throws<NativeException>(() => ChildProcess.Start(new SpawnSpec { Program = "/bin/no-such-program" }));
    }

    [Fact]
    public void A_wake_signal_ends_a_wait()
    {
        using WakeSignal signal = new();
        Assert.False(Polling.WaitReadable(signal.Descriptor, TimeSpan.Zero));
        signal.Set();
        Assert.Equal(0, Polling.WaitReadable([signal.Descriptor], null));
        signal.Clear();
        Assert.Equal(-1, Polling.WaitReadable([signal.Descriptor], TimeSpan.Zero));
    }
}
