using System.Globalization;
using System.Text;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Reports;

/// <summary>The page that lists every rule; a test keeps it in step.</summary>
internal static class RulePage
{
    /// <summary>The page in Markdown.</summary>
    internal static string Write()
    {
        StringBuilder page = new("""
            # Rules of the conformance suite

            Generated from the rules of `src/Kedge.Conformance`; [conformance](conformance.md) says how to run them.
            A rule of an extension is checked where the server names the extension; one that changes the server, marked
            with a star, where `--control` is given. Rules of gRPC need `--grpc`.

            """);
        foreach (string group in RuleBook.Groups)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {group}\n\n| rule | says | from |\n|---|---|---|\n");
            foreach (Rule rule in RuleBook.All.Where(rule => rule.Group == group))
            {
                string star = rule.Controls ? " \\*" : "";
                string extension = rule.Extension.Length > 0 ? $" (`{rule.Extension}`)" : "";
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{rule.Id}`{star}{extension} | {rule.Title} | {rule.Source} |\n");
            }
        }

        return page.ToString();
    }
}
