using System.Threading.Channels;
using Kedge.Mqtt.Transport;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>What a client's handler got, in order.</summary>
public sealed class Inbox
{
    private readonly Channel<MqttIncomingMessage> _messages = Channel.CreateUnbounded<MqttIncomingMessage>();

    public bool Acknowledges { get; init; } = true;

    public ValueTask TakeAsync(MqttIncomingMessage message, CancellationToken cancellationToken)
    {
        if (Acknowledges)
        {
            message.Acknowledge();
        }

        return _messages.Writer.WriteAsync(message, cancellationToken);
    }

    public Task<MqttIncomingMessage> NextAsync() => _messages.Reader.ReadAsync().AsTask().InTimeAsync("a message");
}
