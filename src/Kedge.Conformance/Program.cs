using System.Globalization;
using Kedge.Conformance;
using Kedge.Conformance.Models;
using Kedge.Conformance.Reports;

ConformanceArguments? arguments = ConformanceArguments.Parse(args, out string fault);
if (arguments is null)
{
    Console.Error.WriteLine(fault);
    Console.Error.WriteLine(ConformanceArguments.Usage);
    return ExitCodes.Unusable;
}

if (arguments.ModelFolder.Length > 0)
{
    int written = SuiteModels.WriteTo(arguments.ModelFolder);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{written} models and spec.json are in {arguments.ModelFolder}."));
    return ExitCodes.AllPassed;
}

try
{
    ConformanceReport report = await ConformanceRun.RunAsync(arguments, CancellationToken.None).ConfigureAwait(false);
    Console.Write(report.Write(arguments.Format));
    return report.FailedCount == 0 ? ExitCodes.AllPassed : ExitCodes.SomeFailed;
}
catch (UnusableTargetException failure)
{
    Console.Error.WriteLine(failure.Message);
    return ExitCodes.Unusable;
}
