using System.CommandLine;

namespace Kedge.Cli.Serving;

/// <summary>What <c>kedge server</c> and <c>kedge up</c> take.</summary>
internal sealed class ServerArguments(string listenDefault, string linkDefault)
{
    public Option<string> Data { get; } = new("--data")
    {
        Description = "Folder of the server's keys, chunks and database; made with mode 0700.",
        HelpName = "FOLDER",
    };

    public Option<string> Owner { get; } = new("--owner")
    {
        Description = "Folder for the keys that the server must not have, written at first start; move it "
            + "off the machine.",
        HelpName = "FOLDER",
    };

    public Option<string> Listen { get; } = new("--listen")
    {
        Description = $"Address of administration, enrolment and content. Default: {listenDefault}.",
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => listenDefault,
    };

    public Option<string> LinkListen { get; } = new("--link-listen")
    {
        Description = $"Address of the device link, on the same host. Default: {linkDefault}.",
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => linkDefault,
    };

    public Option<string[]> Advertise { get; } = new("--advertise")
    {
        Description = "Host name or address by which the server is reached, the first one by devices; may be given "
            + "more than once.",
        HelpName = "NAME",
    };

    public Option<string> Store { get; } = new("--store")
    {
        Description = "sqlite, or a PostgreSQL connection string. Default: sqlite.",
        HelpName = "STORE",
        DefaultValueFactory = _ => "sqlite",
    };

    public Option<string> ContextName { get; } = new("--context-name")
    {
        Description = "Name of the administrator's context that the first start writes. Default: default.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "default",
    };

    public Option<string> CertificateLifetime { get; } = new("--certificate-lifetime")
    {
        Description = "Life of a device's certificate, 10m to 365d. Default: 7d.",
        HelpName = "TIME",
        DefaultValueFactory = _ => "7d",
    };

    public Option<string> PackageMax { get; } = new("--package-max")
    {
        Description = "Largest package that is taken, as 4Gi. Default: 16Gi.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => "16Gi",
    };

    public Option<string> DeltaMax { get; } = new("--delta-max")
    {
        Description = "Disk for differences between files, as 4Gi; 0 for none. Default: 4Gi.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => "4Gi",
    };

    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Log more." };

    public void AddTo(Command command)
    {
        command.Add(Data);
        command.Add(Owner);
        command.Add(Listen);
        command.Add(LinkListen);
        command.Add(Advertise);
        command.Add(Store);
        command.Add(ContextName);
        command.Add(CertificateLifetime);
        command.Add(PackageMax);
        command.Add(DeltaMax);
        command.Add(Verbose);
    }
}
