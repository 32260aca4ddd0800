using System.CommandLine;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge device</c>: what is done to single devices.</summary>
internal static class DeviceCommand
{
    public static Command Create(CommandAction action) => new("device", "Label, cordon, replace and revoke devices.")
    {
        Label(action),
        Cordon(action, "cordon", "Keep new deployments away from a device; what runs there goes on.", isCordoned: true),
        Cordon(action, "uncordon", "Let new deployments come to a device again.", isCordoned: false),
        Replace(action),
        Revoke(action),
    };

    private static Argument<string> Name() => new("NAME") { Description = "The device." };

    private static string Of(Session session, Argument<string> name) =>
        ResourceKinds.NameOf(DeviceKind.Kind, session.Get(name) ?? "");

    private static Command Label(CommandAction action)
    {
        Argument<string> name = Name();
        Argument<string[]> labels = new("LABEL")
        {
            Description = "KEY=VALUE to set a label, KEY- to take it away.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("label", "Set and take away labels of a device.") { name, labels };
        action.Bind(command, async (session, ct) =>
        {
            DeviceResource device = await session.Client.LabelDeviceAsync(
                Of(session, name), KeyValues.ParseChanges(session.Get(labels) ?? []), ct).ConfigureAwait(false);
            session.Print.Line($"device/{device.Name} labeled: {ResourceObject.Text(device.Labels)}");
        });
        return command;
    }

    private static Command Cordon(CommandAction action, string word, string description, bool isCordoned)
    {
        Argument<string> name = Name();
        Command command = new(word, description) { name };
        action.Bind(command, async (session, ct) =>
        {
            DeviceResource device = await session.Client.CordonDeviceAsync(
                Of(session, name), isCordoned, ct).ConfigureAwait(false);
            session.Print.Line($"device/{device.Name} {word}ed");
        });
        return command;
    }

    private static Command Replace(CommandAction action)
    {
        Argument<string> name = Name();
        Command command = new(
            "replace",
            "Put new hardware in the place of broken: the old key counts no more, the name and all that runs "
            + "there stay.")
        {
            name,
        };
        action.Bind(command, async (session, ct) =>
        {
            string named = Of(session, name);
            EnrollmentTokenResource token =
                await session.Client.ReplaceDeviceAsync(named, ct).ConfigureAwait(false);
            session.Print.Line(token.Token ?? "");
            session.Print.Note(
                $"The old hardware of {named} is locked out. On the new one: kedge-agent enroll --token TOKEN");
        });
        return command;
    }

    private static Command Revoke(CommandAction action)
    {
        Argument<string> name = Name();
        Command command = new("revoke", "Lock a device out: its certificate counts no more.") { name };
        action.Bind(command, async (session, ct) =>
        {
            DeviceResource device =
                await session.Client.RevokeDeviceAsync(Of(session, name), ct).ConfigureAwait(false);
            session.Print.Line($"device/{device.Name} revoked");
        });
        return command;
    }
}
