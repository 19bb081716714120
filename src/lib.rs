//! kubenat reads what netfilter holds on a Kubernetes node and explains kube-proxy's part of it: where a new
//! connection goes, with what probability, and what is wrong.
//!
//! Text flows one way: [`input`] → [`syntax`] → [`ruleset`] → [`kube`] → questions ([`trace`], [`shares`],
//! [`checks`]) → [`view`] → [`render`]. A module never knows one further down that line.

pub mod app;
pub mod checks;
pub mod cli;
pub mod diff;
pub mod doc;
pub mod drift;
pub mod facts;
pub mod input;
pub mod kube;
pub mod objects;
pub mod render;
pub mod ruleset;
pub mod shares;
pub mod source;
pub mod syntax;
mod threads;
pub mod trace;
pub mod view;
