using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Asks a model server on its control socket: one connection and one answer per question. Blocks its caller.
/// </summary>
internal static class ControlClient
{
    /// <summary>
    /// Asks; throws <see cref="IOException"/> (<see cref="NativeException"/> included) when nobody answers.
    /// </summary>
    /// <param name="socket">Path of the control socket.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="attach">A descriptor to send along.</param>
    /// <param name="attached">A descriptor that came back; the caller owns it.</param>
    public static ControlReply Ask(
        string socket, ControlRequest request, FileDescriptor? attach, out FileDescriptor? attached)
    {
        using LineChannel channel = LineChannel.Connect(socket);
        ReceivedLine answer = channel.Exchange(request.ToLine(), attach, AgentLimits.ControlDeadline);
        attached = answer.Attached;
        if (ControlReply.TryParse(answer.Bytes, out ControlReply? reply))
        {
            return reply;
        }

        attached?.Dispose();
        attached = null;
        throw new IOException($"the answer on {socket} cannot be read");
    }

    /// <summary>Asks for something that brings no descriptor back.</summary>
    public static ControlReply Ask(string socket, string op, long deadlineMs = 0, FileDescriptor? attach = null)
    {
        ControlReply reply = Ask(
            socket, new ControlRequest { Op = op, DeadlineMs = deadlineMs }, attach, out FileDescriptor? attached);
        attached?.Dispose();
        return reply;
    }
}
